! SPDX-License-Identifier: Apache-2.0
! Copyright 2026 The nf-checkpoint authors
!
! Fortran at work: OpenMP, allocatable arrays, formatted output into a file that stays open.
! @needs build/tests/fortran_openmp
! @timeout 60
program fortran_openmp
    implicit none
    integer :: rounds, i, line, status
    logical :: go, right
    character(len=8) :: text
    real(8) :: total
    real(8), allocatable :: a(:), b(:)

    open (unit=10, file='rounds.txt', status='replace', action='readwrite')
    rounds = 0
    right = .true.
    open (unit=11, file='ready', status='replace')
    close (11)
    go = .false.
    do while (.not. go .or. rounds < 20)
        allocate (a(50000), b(50000))
        total = 0
        !$omp parallel do
        do i = 1, size(a)
            a(i) = i
            b(i) = 2*a(i)
        end do
        !$omp end parallel do
        !$omp parallel do reduction(+:total)
        do i = 1, size(a)
            total = total + b(i) - a(i)
        end do
        !$omp end parallel do
        right = right .and. total == 50000d0*50001d0/2d0
        deallocate (a, b)
        rounds = rounds + 1
        write (10, '(i8)') rounds
        inquire (file='go', exist=go)
    end do
    call get_environment_variable('CKPT_TEST_SABOTAGE', text, status=status)
    if (status == 0) rounds = rounds + 1
    rewind (10)
    do i = 1, rounds
        read (10, '(i8)', iostat=status) line
        right = right .and. status == 0 .and. line == i
    end do
    if (right) then
        write (*, '(a)') 'pass'
    else
        write (*, '(a)') 'fail: a sum or a line of the file is wrong'
        stop 1
    end if
end program
