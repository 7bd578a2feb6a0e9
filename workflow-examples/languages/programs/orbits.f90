! SPDX-License-Identifier: Apache-2.0
! Copyright 2026 The nf-checkpoint authors

! Fortran: bodies that attract each other. orbits [ITERATIONS]; the state is their places and speeds.
program orbits
    use, intrinsic :: iso_fortran_env, only: real64, output_unit
    implicit none
    integer, parameter :: bodies = 120, steps = 800
    real(real64), parameter :: dt = 1.0e-3_real64, softening = 1.0e-2_real64
    real(real64), allocatable :: place(:, :), speed(:, :), force(:, :)
    integer :: iterations, i, s
    character(len=32) :: argument

    iterations = 200
    if (command_argument_count() > 0) then
        call get_command_argument(1, argument)
        read (argument, *) iterations
    end if
    allocate (place(3, bodies), speed(3, bodies), force(3, bodies))
    call scatter()
    call attract()
    do i = 1, iterations
        do s = 1, steps
            speed = speed + 0.5_real64*dt*force
            place = place + dt*speed
            call attract()
            speed = speed + 0.5_real64*dt*force
        end do
        if (mod(i, 10) == 0) then
            write (output_unit, '(a,1x,i0,1x,es24.16e3)') 'Fortran', i, sum(speed**2)
            flush (output_unit)
        end if
    end do
    write (output_unit, '(a,3(1x,es24.16e3))') 'Fortran result', sum(place), sum(speed**2), place(1, bodies)

contains

    ! A fixed starting point from a linear congruential generator.
    subroutine scatter()
        integer :: b, d
        integer, parameter :: int64 = selected_int_kind(18)
        integer(int64) :: seed
        seed = 42
        do b = 1, bodies
            do d = 1, 3
                seed = mod(seed*1103515245_int64 + 12345_int64, 2147483648_int64)
                place(d, b) = real(seed, real64)/2147483648.0_real64 - 0.5_real64
            end do
        end do
        speed = 0.0_real64
    end subroutine scatter

    subroutine attract()
        integer :: a, b
        real(real64) :: between(3), distance
        force = 0.0_real64
        do a = 1, bodies
            do b = a + 1, bodies
                between = place(:, b) - place(:, a)
                distance = sum(between**2) + softening
                between = between/(distance*sqrt(distance))
                force(:, a) = force(:, a) + between
                force(:, b) = force(:, b) - between
            end do
        end do
    end subroutine attract

end program orbits
