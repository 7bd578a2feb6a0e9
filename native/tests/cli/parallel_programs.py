# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Parallel programs of which only a part is in the tree: the reason is named, and gone with them. These are stand-ins, known
by their names; workflow-examples/tests/slurm has an MPI program, on Slurm."""
from uncarried import refused_while_there

LAUNCHED = """
os.symlink('/bin/sleep', '{name}')
child = subprocess.Popen(['./{name}', '600'])
"""
ENDED = "child.kill()\nchild.wait()"

# Only the name of a mapped file counts.
MPI_PROGRAM = """
import mmap, shutil
shutil.copyfile('/bin/true', 'libmpi.so.40')
area = mmap.mmap(os.open('libmpi.so.40', os.O_RDONLY), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ)
"""


def test_client_of_a_batch_system(case):
    refused_while_there(case, "(srun) starts processes by way of the batch system", LAUNCHED.format(name="srun"), ENDED)


def test_one_rank_of_several(case):
    refused_while_there(case, "is one of 4 ranks that were started outside of ckpt run", MPI_PROGRAM, "area.close()",
                        {"OMPI_COMM_WORLD_SIZE": "4"})
