/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */

/* ring [ROUNDS [MILLISECONDS]]: ranks pass a number around; each adds what it has computed itself. Rank 0 prints it
 * after every round, and they sum up a vector in between. Nothing in here knows about checkpoints. */
#define _POSIX_C_SOURCE 200809L
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LENGTH 100000

int main(int argc, char **argv)
{
    static unsigned long mine[LENGTH], sums[LENGTH];
    long rounds = argc > 1 ? atol(argv[1]) : 60, milliseconds = argc > 2 ? atol(argv[2]) : 500;
    struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    int rank, size;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (long round = 1; round <= rounds; round++) {
        long token = 0;

        if (rank > 0)
            MPI_Recv(&token, 1, MPI_LONG, rank - 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        token = token * 31 + rank + round;
        if (size > 1)
            MPI_Send(&token, 1, MPI_LONG, (rank + 1) % size, 0, MPI_COMM_WORLD);
        if (rank == 0 && size > 1)
            MPI_Recv(&token, 1, MPI_LONG, size - 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (long i = 0; i < LENGTH; i++)
            mine[i] = mine[i] * 17 + (unsigned long)(i + rank + round);
        MPI_Allreduce(mine, sums, LENGTH, MPI_UNSIGNED_LONG, MPI_SUM, MPI_COMM_WORLD);
        if (rank == 0) {
            printf("%ld %ld %lu\n", round, token, sums[round % LENGTH]);
            fflush(stdout);
        }
        nanosleep(&pause, NULL);
    }
    MPI_Finalize();
    return 0;
}
