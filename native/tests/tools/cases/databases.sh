# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# SQLite with a write-ahead log that is folded into the database every few transactions, then shelves of every kind.
# @packages sqlite3 python3 python3-gdbm
# @light

version() { sqlite3 --version | awk '{ print $1 }'; }

prepare() { generate table --count 6000 > table.tsv; }

work() {
    {
        echo 'pragma journal_mode=wal; pragma wal_autocheckpoint=30;'
        echo 'create table t (n integer primary key, name text, value text); create index i on t (value);'
        awk -F '\t' '{
            gsub("\047", "")
            if (NR % 8 == 1) print "begin;"
            printf "insert into t values (%d, \047%s\047, \047%s\047);\n", NR, $1, $0
            if (NR % 40 == 0) printf "delete from t where n = %d; update t set name = upper(name) where n %% 97 = %d %% 97;\n", NR - 20, NR / 8
            if (NR % 8 == 0) print "commit;"
        }' table.tsv
    } | sqlite3 -batch -bail base.db
    sqlite3 base.db 'pragma integrity_check; select count(*), sum(n), sum(length(value)), max(name) from t;'
    /usr/bin/python3 - << 'END'
import dbm.dumb, dbm.gnu, dbm.ndbm, shelve
shelves = [shelve.Shelf(kind.open("shelf_" + kind.__name__, "c")) for kind in (dbm.gnu, dbm.ndbm)]
shelves.append(shelve.Shelf(dbm.dumb.open("shelf_dumb", "c")))
with open("table.tsv") as table:
    for n, line in enumerate(table):
        for shelf in shelves:
            shelf[str(n % 1500)] = line.split("\t")
            if n % 11 == 0:
                shelf.pop(str(n * 7 % 1500), None)
            if n % 500 == 0:
                shelf.sync()
for shelf in shelves:
    print(len(shelf), sorted(shelf.items())[::300])
    shelf.close()
END
}

# Berkeley DB gives each file an identity made of the time.
normalise() { scratch shelf_dbm.ndbm.db; }
