/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What `ckpt --help` prints. */
#include "cli/usage.h"

const char usage_text[] =
    "usage: ckpt run [OPTION]... [--] CMD ARG...   start CMD, or continue it from its last image\n"
    "       ckpt launch [OPTION]... [--] CMD ARG...   always start it\n"
    "       ckpt restart DIR [OPTION]...           only continue\n"
    "       ckpt checkpoint DIR [--timeout TIME]   take an image now, return when it is complete\n"
    "       ckpt list DIR [--json]                 the generations of a store\n"
    "       ckpt status DIR [--json]               what runs there and how it goes\n"
    "       ckpt inspect DIR [--json]              everything the store says\n"
    "       ckpt verify DIR [--generation N] [--json]   compare images with their checksums\n"
    "       ckpt check [--json]                    what this host can do, and why not\n"
    "       ckpt --version | --help\n"
    "\n"
    "Options of run, launch and restart:\n"
    "  --dir DIR          the store (default: $CKPT_DIR, else ./.ckpt)\n"
    "  --interval TIME    time between images, 0 for none (default: $CKPT_INTERVAL, else 10min)\n"
    "  --keep N           generations to keep (default: 2)\n"
    "  --grace TIME       how long a final image may take after SIGTERM (default: 10s)\n"
    "  --fresh            start CMD from the start even if there is an image\n"
    "  --replay           after a restart print the output from before the image, too\n"
    "  --generation N     restart from generation N, else an older one\n"
    "  --signal SIG       signal that announces checkpoints (default: $CKPT_SIGNAL, else 33)\n"
    "  --label KEY=VALUE  note kept in task.json\n"
    "  --exclude GLOB     when restarting in another directory, entries not to copy into it\n"
    "\n"
    "TIME is 500ms, 30s, 10min, 1h, or a number of seconds. CKPT_LOG names a log file.\n"
    "Exit status: CMD's own (128+n for signal n); 1 failure; 2 usage; 175 a demanded checkpoint\n"
    "failed; 176 no generation could be restarted.\n";
