import StorageEngine

/// Why an engine as a whole refuses.
extension StorageError {
    static func engineClosed(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) is closed; open the store again to use it")
    }

    static func engineSuspended(_ path: String) -> StorageError {
        StorageError(.suspended, "\(path) is suspended; resume it to use it")
    }

    static func openedReadOnly(_ path: String) -> StorageError {
        StorageError(.readOnly, "\(path) was opened read-only; open it for reading and writing to write")
    }

    static func openedBeforeFork(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) was opened before this process was forked off its parent; open it again here")
    }

    static func poisoned(_ path: String, by error: StorageError) -> StorageError {
        StorageError(
            .poisoned,
            "\(path) takes no more writes, because what is on the disk is unknown since this failure: "
                + "\(error.message); close the store and open it again")
    }
}
