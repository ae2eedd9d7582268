"""inotify(7), through watchfiles: the events in some folders, not below."""

from collections.abc import Iterable

_LIMITS = {
    "Too many open files": "too many watchers run (fs.inotify.max_user_instances)",
    "file watch limit": "too many folders are watched (fs.inotify.max_user_watches)",
}


class InotifyError(Exception):
    """Events do not come, or come no more; the message is a phrase that says why."""


class Inotify:
    """The events in folders from now on. ``close`` it, since it holds a thread and descriptors.

    Folders are given by their real paths: two names of one folder would share one watch.
    Raises InotifyError where the system watches no more, or not these.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        from watchfiles._rust_notify import RustNotify  # noqa: PLC0415 - 40 ms

        paths = sorted(folders)
        try:
            self._notify = RustNotify(paths, False, False, 0, False, False)
        except (OSError, RuntimeError) as error:
            raise InotifyError(_phrase(error)) from error

    def take(self) -> frozenset[str]:
        """Return at once the paths of all events since this was called last, each only once.

        Raises InotifyError where they come no more (also after a name that is not UTF-8).
        """
        try:
            # Without a pause between them (step 0), watchfiles looks twice: what it found is
            # returned, and if that was nothing the third question whether to stop raises. Unlike
            # its own ways to stop, an exception leaves alone what has come meanwhile.
            found = self._notify.watch(0, 0, 0, _TwoLooks())
        except _NothingYet:
            return frozenset()
        except RuntimeError as error:
            raise InotifyError(_phrase(error)) from error
        return frozenset(path for _, path in found) if isinstance(found, set) else frozenset()

    def close(self) -> None:
        """Watch no longer; the thread and the descriptors go a moment later."""
        self._notify.close()


class _NothingYet(Exception):  # noqa: N818 - it is none
    pass


class _TwoLooks:
    def __init__(self) -> None:
        self._looks = 0

    def is_set(self) -> bool:
        self._looks += 1
        if self._looks > 2:  # noqa: PLR2004 - the name says it
            raise _NothingYet
        return False


def _phrase(error: Exception) -> str:
    text = str(error)
    return next((phrase for part, phrase in _LIMITS.items() if part in text), text)
