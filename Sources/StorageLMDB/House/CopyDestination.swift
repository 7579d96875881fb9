import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The directory that a store is copied to. It is no store until ``complete()`` has written its pointer.
struct CopyDestination {
    private static let environment = "data/1"

    private let directory: StoreDirectory
    /// Whether the directory was there, and empty.
    private let isForeign: Bool
    let file: FileDescriptor
    var path: String { directory.dataPath(of: Self.environment) }

    /// Makes the directory and an empty file for the pages.
    ///
    /// - Parameter store: the directory of the store that is copied, for which the copy may not lie in.
    init(_ path: String, outside store: StoreDirectory) throws(StorageError) {
        isForeign = mkdir(path, 0o700) != 0
        guard !isForeign || errno == EEXIST else { throw .cannotOpen(path, errorNumber: errno) }
        do throws(StorageError) {
            directory = try Self.check(path, outside: store)
        } catch {
            if !isForeign { rmdir(path) }
            throw error
        }
        do throws(StorageError) {
            _ = try directory.createFirstEnvironment()
            file = try FileDescriptor(
                opening: directory.dataPath(of: Self.environment), O_WRONLY | O_CREAT | O_EXCL)
        } catch {
            Self.remove(directory, isForeign: isForeign)
            throw error
        }
    }

    /// The pages are in the file, and on the disk: points to it.
    func complete() throws(StorageError) {
        try directory.synchronizeNames(of: Self.environment)
        try EnvironmentPointer(environment: Self.environment).write(in: directory)
    }

    /// Removes what was made.
    func remove() {
        Self.remove(directory, isForeign: isForeign)
    }

    private static func remove(_ directory: StoreDirectory, isForeign: Bool) {
        // First what makes it a store.
        for file in [directory.pointerPath, directory.pointerDraftPath] { unlink(file) }
        directory.removeEnvironment(environment)
        rmdir(directory.path + "/data")
        if !isForeign { rmdir(directory.path) }
    }

    private static func check(_ path: String, outside store: StoreDirectory) throws(StorageError) -> StoreDirectory {
        let directory = try StoreDirectory(path, createsIfMissing: false)
        guard try StoreDirectory.names(in: directory.path).isEmpty else {
            throw StorageError(.inaccessible, "\(path) is not empty; copy the store to an empty or a new directory")
        }
        guard try !directory.isInside(store) else {
            throw StorageError(.inaccessible, "\(path) lies in the store that is to be copied; choose another place")
        }
        return directory
    }
}

extension StoreDirectory {
    /// Whether this directory, or one that it lies in, is `other`, by whatever path.
    fileprivate func isInside(_ other: StoreDirectory) throws(StorageError) -> Bool {
        var ancestor = path
        while true {
            let identity = try FileDescriptor(opening: ancestor, O_RDONLY | O_DIRECTORY).identity
            if identity == other.descriptor.identity { return true }
            guard ancestor != "/", let slash = ancestor.lastIndex(of: "/") else { return false }
            ancestor = slash == ancestor.startIndex ? "/" : String(ancestor[..<slash])
        }
    }
}
