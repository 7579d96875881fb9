/// An engine that can let go of its files for a while: for an application that goes to the background.
public protocol SuspendingEngine: StorageEngine {
    /// Brings everything to the disk and lets go of files and locks. Reads and writes throw `.suspended` until
    /// ``resume()``. Waits for reads and a write under way. Suspending again does nothing.
    func suspend() throws(StorageError)

    /// Opens the files again. Resuming what is not suspended does nothing.
    ///
    /// - Throws: `.inUse` while another process writes; `.conflict` where another process has written meanwhile: then
    ///   nothing in memory can be trusted, and the store has to be closed and opened again. Otherwise what opening
    ///   throws. The engine stays suspended.
    func resume() throws(StorageError)
}
