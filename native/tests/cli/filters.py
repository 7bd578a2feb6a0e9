# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Programs under seccomp filters that forbid what a checkpoint takes, or that were not seen being installed: never ended
by what a checkpoint would ask of them, named while they live. Those that can be carried are in
objects/seccomp_filters.c."""
import shutil

from case import PYTHON, expect, goes_on_after_restart
from namespaces import inside_and_after

# A filter that ends whoever asks for a getresuid, prctl, socket or timer, which we do and this program does not.
FILTER = """
import ctypes, os, struct, time
libc = ctypes.CDLL(None, use_errno=True)
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
DEADLY = (118, 157, 41, 222, 56, 435) if {strict_about_clone} else (118, 41, 222)
code = struct.pack('HBBI', 0x20, 0, 0, 0)
for number in DEADLY:
    code += struct.pack('HBBI', 0x15, 0, 1, number) + struct.pack('HBBI', 0x06, 0, 0, 0x80000000)
code += struct.pack('HBBI', 0x06, 0, 0, 0x7fff0000)
program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code) // 8, ctypes.addressof(
    held := ctypes.create_string_buffer(code))))
libc.poll(None, 0, 50)
assert libc.prctl(38, 1, 0, 0, 0) == 0
"""
INSTALL = {
    "prctl": "assert libc.prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) == 0",
    "seccomp": "assert libc.syscall(317, 1, 0, ctypes.c_void_p(ctypes.addressof(program))) == 0",
    "tsync": "assert libc.syscall(317, 1, 1, ctypes.c_void_p(ctypes.addressof(program))) == 0",
}
WORDS = "is under seccomp filters of its own"


def child_with_filter(case, source):
    """The process with the filter is a child; its parent can be checkpointed once it has ended."""
    script = f"{PYTHON} -c \"$1\"; : >alone; until [ -e end ]; do sleep 0.01; done; echo pass"
    inside_and_after(case, ["bash", "-c", script, "-", source], WORDS, tries=2)


def with_filter(how):
    return (FILTER.format(strict_about_clone=True) + INSTALL[how] +
            "\nopen('ready', 'w')\nwait('go')\nprint('inside', flush=True)")


def test_installed_with_prctl(case):
    child_with_filter(case, with_filter("prctl"))


def test_installed_with_seccomp(case):
    child_with_filter(case, with_filter("seccomp"))


def test_shared_by_all_threads(case):
    child_with_filter(case, with_filter("tsync"))


def test_forks_under_a_filter(case):
    """A child must not start what the filter would end it for."""
    child_with_filter(case, FILTER.format(strict_about_clone=False) + INSTALL["prctl"] + """
child = os.fork()
if child == 0:
    libc.poll(None, 0, 50)
    open('ready', 'w')
    wait('go')
    print('inside', flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0""")


# Refuses getsid(70001) and nothing else.
HARMLESS = """
code = (struct.pack('HBBI', 0x20, 0, 0, 0) + struct.pack('HBBI', 0x15, 0, 3, 124) + struct.pack('HBBI', 0x20, 0, 0, 16) +
        struct.pack('HBBI', 0x15, 0, 1, 70001) + struct.pack('HBBI', 0x06, 0, 0, 0x50047) +
        struct.pack('HBBI', 0x06, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code) // 8, ctypes.addressof(
    held := ctypes.create_string_buffer(code))))
"""


def harmless(install):
    return (FILTER.format(strict_about_clone=False) + HARMLESS + install +
            "\nopen('ready', 'w')\nwait('go')\nprint('inside', flush=True)")


def test_installed_by_an_instruction_of_its_own(case):
    """A filter that no wrapper has seen cannot be installed again."""
    child_with_filter(case, harmless("""
import mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('4889fab83d010000bf0100000031f60f05c3'))
start = ctypes.addressof(ctypes.c_char.from_buffer(page))
assert ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(start)(ctypes.addressof(program)) == 0"""))


def test_with_a_listener(case):
    """Somebody else decides: the descriptor of the listener has no second life."""
    child_with_filter(case, harmless(
        "assert libc.syscall(317, 1, 8, ctypes.c_void_p(ctypes.addressof(program))) > 0"))


def test_two_threads_with_different_filters(case):
    child_with_filter(case, harmless("""
import threading
install = lambda: libc.syscall(317, 1, 0, ctypes.c_void_p(ctypes.addressof(program)))
first = threading.Thread(target=lambda: (install(), wait('go')))
first.start()
libc.poll(None, 0, 50)
held[36:40] = struct.pack('I', 0x50048)
assert install() == 0"""))


def test_strict_mode(case):
    """Read, write and exit are all that is left."""
    task = case.task([PYTHON, "-c", "import ctypes, os\nlibc = ctypes.CDLL(None)\nlibc.poll(None, 0, 50)\n"
                      "r, w = os.pipe()\nif os.fork() == 0:\n libc.poll(None, 0, 50)\n open('ready', 'w').close()\n"
                      " libc.prctl(22, 1)\n os.read(r, 1)\n os.write(1, b'inside\\n')\n libc.syscall(60, 0)\n"
                      "libc.poll(None, 0, 50)\nwhile not os.path.exists('go'): libc.poll(None, 0, 10)\n"
                      "os.write(w, b'x')\nos.wait()\nprint('pass')"], ("--interval", "20ms"))
    task.start()
    task.wait_ready()
    task.wait_for(lambda: "strict mode" in " ".join(task.messages()) or "seccomp" in str(task.json("status.json")),
                  "the reason")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "inside\npass\n")


def test_program_that_tries_and_fails(case):
    """A filter that the kernel refuses leaves the process as it was."""
    script = ("import ctypes, os, time\nlibc = ctypes.CDLL(None)\nlibc.poll(None, 0, 50)\n"
              "assert libc.prctl(22, 2, None, 0, 0) == -1\nopen('ready', 'w')\n"
              "while not os.path.exists('go'): time.sleep(0.01)\nprint('pass')")
    task = case.task([PYTHON, "-c", script])
    task.start()
    task.wait_ready()
    goes_on_after_restart(task)


def test_bubblewrap_with_a_filter(case):
    if not shutil.which("bwrap"):
        print("left out filters.bubblewrap_with_a_filter: no bwrap (package bubblewrap) here")
        return
    source = (FILTER.format(strict_about_clone=False) + "\nopen('filter', 'wb').write(code)")
    made = case.task([PYTHON, "-c", source])
    made.start(made.command)
    expect("exit status", made.wait_end(), 0)
    bwrap = f"bwrap --dev-bind / / --seccomp 9 9<{made.path('filter')}"
    script = f"{bwrap} true; echo $?; {bwrap} bash -c 'sleep 0.1; /bin/echo inside'; echo $?"
    task = case.task(["bash", "-c", script], ("--interval", "20ms"))
    for what, line in (("output without ckpt", task.command), ("output", task.run_line())):
        task.start(line)
        expect("exit status", task.wait_end(), 0)
        expect(what, task.log("stdout"), "0\ninside\n0\n")
