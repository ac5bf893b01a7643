"""What other systems lack and what they refuse, imitated on this one; for a process of its own.

As a plugin, `pytest -p elsewhere`, it has open files stay where they are, as Windows does.
"""

import builtins
import contextlib
import ctypes
import io
import os
import signal
import sys

import filelock  # these know themselves where they are, and what they may use there
import platformdirs  # noqa: F401

import minigan.atomic as atomic

LACKING = {
    os: """
        chroot confstr copy_file_range ctermid eventfd fchdir fchmod fchown fdatasync fork forkpty
        fpathconf fstatvfs getegid geteuid getgid getgrouplist getgroups getloadavg getpgid getpgrp
        getpriority getrandom getresuid getsid getuid getxattr initgroups killpg lchown listxattr
        lockf major makedev memfd_create minor mkfifo mknod nice openpty pathconf pidfd_open pipe2
        posix_fadvise posix_fallocate posix_openpt posix_spawn posix_spawnp pread preadv pwrite
        pwritev readv register_at_fork sched_getaffinity sched_getparam sched_setaffinity
        sched_yield sendfile setegid seteuid setgid setgroups setpgid setpriority setregid setsid
        setuid splice statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid writev
        O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_LARGEFILE O_NDELAY O_NOATIME O_NOCTTY
        O_NOFOLLOW O_PATH O_RSYNC O_SYNC RTLD_GLOBAL RTLD_NOW ST_RDONLY
    """,
    signal: """
        SIGALRM SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGTSTP SIGTTIN
        SIGTTOU SIGUSR1 SIGUSR2 SIGWINCH alarm getitimer pause pthread_kill pthread_sigmask
        setitimer siginterrupt sigpending sigtimedwait sigwait sigwaitinfo
    """,
}
MODULES = "fcntl grp posix pty pwd resource syslog termios tty".split()


def hide():
    """Take away what Windows has not; minigan must be imported anew."""
    for module, names in LACKING.items():
        for name in names.split():
            if hasattr(module, name):  # not on every system that there is
                delattr(module, name)
    sys.modules.update(dict.fromkeys(MODULES))
    load = ctypes.CDLL.__init__

    def init(self, name, *args, **options):
        if name is None:
            raise TypeError("argument 1 must be a path")
        load(self, name, *args, **options)

    ctypes.CDLL.__init__ = init
    builtins.open = io.open = two_letters(builtins.open)
    for name in [name for name in sys.modules if name.split(".")[0] == "minigan"]:
        del sys.modules[name]


def two_letters(opened):
    """Opens text so that each line written ends as Windows has it, unless something else is said."""

    def anew(
        file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *others, **more
    ):
        if newline is None and "b" not in mode and set(mode) & set("wax+"):
            newline = "\r\n"
        return opened(file, mode, buffering, encoding, errors, newline, *others, **more)

    return anew


def keep_open_files():
    """Whoever would replace, remove or cut a file that is open here is refused."""

    def refusing(act):
        def checked(path, *others, **options):
            for each in (path, *(other for other in others if not isinstance(other, int))):
                if is_open(each):
                    raise PermissionError(13, "Access is denied", os.fspath(each))
            return act(path, *others, **options)

        return checked

    for name in ("replace", "rename", "remove", "unlink", "truncate"):
        setattr(os, name, refusing(getattr(os, name)))
    filelock.FileLock = Lock


def is_open(path):
    """Whether this process has the file open."""
    path = os.path.realpath(path)
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # that of listdir itself is closed by now
            if os.readlink(f"/proc/self/fd/{number}") == path:
                return True
    return False


class Lock(filelock.FileLock):
    """As on Windows it removes its file once that is closed."""

    def release(self, force=False):
        held = self.is_locked
        super().release(force)
        if held:
            os.unlink(self.lock_file)


def pytest_configure(config):
    """As a plugin."""
    atomic.RETRIES = (0.0, 0.0)
    keep_open_files()
