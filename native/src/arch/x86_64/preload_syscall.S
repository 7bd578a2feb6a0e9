/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * System calls whose number and arguments can be told when a signal has interrupted them. The offsets are those of
 * struct arch_resume in resume.h. Unwinding works through all of it: a thread may be cancelled here. */
    .text

/* long syscall(long number, ...): as libc's, and the number is kept in rbx. In a child with a stack of its own nothing
 * may be popped, so calls that make one go without. */
    .globl syscall
    .type syscall, @function
syscall:
    .cfi_startproc
    cmp $447, %rdi
    ja arch_named_syscall
    lea syscalls_timed(%rip), %rax
    bt %rdi, (%rax)
    jc syscall_timed
    lea -56(%rdi), %rax         /* clone, fork, vfork */
    cmp $2, %rax
    jbe 1f
    cmp $435, %rdi              /* clone3 */
    jne arch_named_syscall
1:  mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    syscall
    cmp $-4095, %rax
    jae 2f
    ret
2:  mov %rax, %rdi
    jmp syscall_failed
    .cfi_endproc
    .size syscall, .-syscall

    .globl arch_named_syscall
    .hidden arch_named_syscall
    .type arch_named_syscall, @function
arch_named_syscall:
    .cfi_startproc
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    mov %rdi, %rbx
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 16(%rsp), %r9
    syscall
    .globl arch_named_syscall_end
    .hidden arch_named_syscall_end
arch_named_syscall_end:
    pop %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    cmp $-4095, %rax
    jae 1f
    ret
1:  mov %rax, %rdi
    jmp syscall_failed
    .cfi_endproc
    .size arch_named_syscall, .-arch_named_syscall

    .globl arch_resume_syscall
    .hidden arch_resume_syscall
    .type arch_resume_syscall, @function
arch_resume_syscall:
    .cfi_startproc
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    mov %rdi, %rbx
    mov 72(%rbx), %rax
    mov 80(%rbx), %rdi
    mov 88(%rbx), %rsi
    mov 96(%rbx), %rdx
    mov 104(%rbx), %r10
    mov 112(%rbx), %r8
    mov 120(%rbx), %r9
    syscall
    .globl arch_resume_syscall_end
    .hidden arch_resume_syscall_end
arch_resume_syscall_end:
    pop %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .size arch_resume_syscall, .-arch_resume_syscall

/* The frame's address is the program's stack pointer, at 56(%rsp), and the return address stands at 64(%rsp). It was
 * interrupted like by a signal, so the instruction itself counts and not the one in front of it. */
    .globl arch_resume_entry
    .hidden arch_resume_entry
    .type arch_resume_entry, @function
    .cfi_startproc simple
    .cfi_signal_frame
    .cfi_escape 0x0f, 0x03, 0x77, 0x38, 0x06        /* CFA: *(rsp + 56) */
    .cfi_escape 0x10, 0x10, 0x03, 0x77, 0xc0, 0x00  /* return address: at rsp + 64 */
    .cfi_escape 0x16, 0x07, 0x03, 0x77, 0x38, 0x06  /* rsp: *(rsp + 56) */
    nop                         /* unwinders look in front of return addresses */
arch_resume_entry:
    mov %rsp, %rdi
    call syscall_go_on
    mov 0(%rsp), %rdi
    mov 8(%rsp), %rsi
    mov 16(%rsp), %rdx
    mov 24(%rsp), %r10
    mov 32(%rsp), %r8
    mov 40(%rsp), %r9
    mov 48(%rsp), %r11
    push %r11
    popf
    mov 64(%rsp), %rcx
    mov 56(%rsp), %rsp
    jmp *%rcx
    .cfi_endproc
    .size arch_resume_entry, .-arch_resume_entry

    .section .note.GNU-stack, "", @progbits
