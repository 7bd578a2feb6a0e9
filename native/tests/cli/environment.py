# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Programs get the library however they are started, also with an environment that somebody has emptied: each can be
checkpointed while it runs, and restarted."""
from case import PYTHON, expect

LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None)\np = os.environ['PROGRAM'].encode()\n"
ARRAYS = LIBC + ("argv = (ctypes.c_char_p * 2)(p, None)\nempty = (ctypes.c_char_p * 1)(None)\n")


def gets_library(case, command):
    task = case.task(command)
    task.environ["PROGRAM"] = case.program("dynamic_program")
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    task.checkpoint()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("other standard error", task.other_stderr(), "")


def test_env_i(case):
    gets_library(case, ["bash", "-c", 'env -i "$PROGRAM"; :'])


def test_exec_c(case):
    gets_library(case, ["bash", "-c", 'exec -c "$PROGRAM"'])


def test_variables_unset(case):
    gets_library(case, ["bash", "-c", 'unset LD_PRELOAD ${!CKPT_*}; "$PROGRAM"; :'])


def test_preload_overwritten(case):
    gets_library(case, ["bash", "-c", 'LD_PRELOAD= "$PROGRAM"; :'])


def test_execve(case):
    gets_library(case, [PYTHON, "-c", ARRAYS + "libc.execve(p, argv, empty)"])


def test_execve_by_number(case):
    gets_library(case, [PYTHON, "-c", ARRAYS + "libc.syscall(59, p, argv, empty)"])


def test_execveat(case):
    gets_library(case, [PYTHON, "-c", ARRAYS + "libc.execveat(-100, p, argv, empty, 0)"])


def test_fexecve(case):
    gets_library(case, [PYTHON, "-c", ARRAYS + "libc.fexecve(os.open(p, os.O_RDONLY), argv, empty)"])


def test_execl_after_clearenv(case):
    gets_library(case, [PYTHON, "-c", LIBC + "libc.clearenv()\nlibc.execl(p, p, None)"])


def test_posix_spawn(case):
    gets_library(case, [PYTHON, "-c", LIBC + "os.waitpid(os.posix_spawn(p, [p], {}), 0)"])


def test_system_after_clearenv(case):
    gets_library(case, [PYTHON, "-c", LIBC + "libc.clearenv()\nlibc.system(p)"])


def test_popen_after_clearenv(case):
    gets_library(case, [PYTHON, "-c", LIBC + "libc.popen.restype = ctypes.c_void_p\nlibc.clearenv()\n"
                        "libc.pclose(ctypes.c_void_p(libc.popen(p, b'w')))"])


def test_emptied_environment_stays_empty_otherwise(case):
    """What the program asked for is there, and what it did not is the library's alone."""
    task = case.task(["env", "-i", "ONE=1", "TWO=", "env"])
    task.start()
    expect("exit status", task.wait_end(), 0)
    names = sorted(line.partition("=")[0] for line in task.log("stdout").splitlines())
    expect("variables", names,
           ["CKPT_COORDINATOR", "CKPT_NOTES", "CKPT_SIGNAL", "CKPT_SUPERVISED", "LD_PRELOAD", "ONE", "TWO"])
