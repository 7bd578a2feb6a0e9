/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_VARIABLES_H
#define CKPT_VARIABLES_H

/* What a restored process learns about its environment: a file whose descriptor comes with WELCOME. Entries stand one
 * behind the other, each a letter, "NAME=value" and a NUL:
 *
 *      O   a value that an earlier incarnation had. A variable with this value was inherited.
 *      N   what such a variable has from now on; without this entry, or the next, it goes away
 *      A   the same, and a name that the first incarnation did not have: added where it is missing
 *      S   CKPT_NOTES or LD_PRELOAD, the latter with the path of the library alone: set in any case
 */
#define VARIABLE_OLD     'O'
#define VARIABLE_NOW     'N'
#define VARIABLE_ADDED   'A'
#define VARIABLE_SETTING 'S'

#endif
