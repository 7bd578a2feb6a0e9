# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=bash
#
# Molecular dynamics of a box of water: thread-MPI ranks that spin, OpenMP, checkpoint files of its own.
# @packages gromacs gromacs-data

version() { gmx --version -quiet 2> /dev/null | awk '/^GROMACS version/ { sub(/-.*/, "", $3); print $3 }'; }

prepare() {
    printf '%s\n' '#include "amber99sb.ff/forcefield.itp"' '#include "amber99sb.ff/spce.itp"' '[ system ]' water \
        '[ molecules ]' > topology.top
    gmx -quiet solvate -cs spc216.gro -box 2.6 2.6 2.6 -o box.gro -p topology.top > /dev/null 2>&1
    printf '%s\n' 'integrator = md' 'nsteps = 800' 'dt = 0.002' 'nstxout = 100' 'nstvout = 100' 'nstenergy = 50' \
        'coulombtype = PME' 'rcoulomb = 0.9' 'rvdw = 0.9' 'constraints = h-bonds' 'tcoupl = v-rescale' \
        'tc-grps = System' 'tau-t = 0.1' 'ref-t = 300' 'gen-vel = yes' 'gen-seed = 1' 'ld-seed = 1' > run.mdp
    gmx -quiet grompp -f run.mdp -c box.gro -p topology.top -o run.tpr -po processed.mdp > /dev/null 2>&1
    rm processed.mdp
}

work() {
    gmx -quiet mdrun -s run.tpr -deffnm ranks -ntmpi 2 -ntomp 1 -npme 0 -reprod -pin off 2> /dev/null
    gmx -quiet mdrun -s run.tpr -deffnm threads -ntmpi 1 -ntomp 2 -reprod -pin off 2> /dev/null
}

# The log is all times; the state file holds when and where the run was.
normalise() { scratch ranks.log ranks.cpt threads.log threads.cpt; }
