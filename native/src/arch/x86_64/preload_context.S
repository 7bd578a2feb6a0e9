/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Contexts of parked threads, and clone with a stack of its own. No libc, no thread-local storage. The offsets are
 * those of struct arch_context in raw.h. */
    .text

    .globl arch_context_save
    .hidden arch_context_save
    .type arch_context_save, @function
arch_context_save:
    mov %rbx, 0(%rdi)
    mov %rbp, 8(%rdi)
    mov %r12, 16(%rdi)
    mov %r13, 24(%rdi)
    mov %r14, 32(%rdi)
    mov %r15, 40(%rdi)
    lea 8(%rsp), %rax           /* the caller's stack pointer after our return */
    mov %rax, 48(%rdi)
    mov (%rsp), %rax
    mov %rax, 56(%rdi)
    xor %eax, %eax
    ret
    .size arch_context_save, .-arch_context_save

/* rdi flags, rsi stack top, rdx parent tid, rcx entry, r8 arg */
    .globl arch_clone
    .hidden arch_clone
    .type arch_clone, @function
arch_clone:
    and $-16, %rsi
    sub $16, %rsi
    mov %rcx, (%rsi)
    mov %r8, 8(%rsi)
    xor %r10d, %r10d
    xor %r8d, %r8d
    mov $56, %eax
    syscall
    test %rax, %rax
    jz 1f
    ret
1:  xor %ebp, %ebp
    pop %rax
    pop %rdi
    call *%rax
    hlt
    .size arch_clone, .-arch_clone

    .globl arch_signal_return
    .hidden arch_signal_return
    .type arch_signal_return, @function
arch_signal_return:
    mov $15, %rax               /* these very bytes are how unwinders know a signal's frame */
    syscall
    hlt
    .size arch_signal_return, .-arch_signal_return

    .section .note.GNU-stack, "", @progbits
