import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The files of a store.
///
/// ```
/// DIRECTORY/
///   environment        which environment is the current one: "swift-corestore 1\ndata/1\n"
///   writer.lock        held by the process that writes; holds its process id
///   trust              whether everything is on the disk, and where the store is: see TrustRecord
///   data/1/data.mdb    the environment: LMDB's B-trees
///   data/1/lock.mdb    LMDB's table of readers
/// ```
///
/// Compaction makes a new environment beside the current one and then replaces the pointer file, in one rename. It
/// never renames an environment, because LMDB's lock file belongs to the inode of its data.
struct StoreDirectory: Sendable {
    /// Without symbolic links, and from the root: it is still the same after the process has changed its directory.
    let path: String
    let descriptor: FileDescriptor

    /// Opens the directory, after creating it where it may.
    init(_ path: String, createsIfMissing: Bool) throws(StorageError) {
        if createsIfMissing, mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .cannotOpen(path, errorNumber: errno)
        }
        descriptor = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
        self.path = try Self.absolute(path)
        try refuseForeignStore()
    }

    var pointerPath: String { path + "/environment" }
    /// What is to become the pointer.
    var pointerDraftPath: String { path + "/environment.new" }
    var lockPath: String { path + "/writer.lock" }

    /// Makes the directory of the first environment, and returns its name. One that was begun and never pointed to is
    /// used again.
    func createFirstEnvironment() throws(StorageError) -> String {
        let others = try Self.names(in: path + "/data").filter { $0 != "1" }
        guard others.isEmpty else {
            throw StorageError(
                .corrupt,
                "\(pointerPath) is missing, and \(path)/data holds environments (\(others.joined(separator: ", "))): "
                    + "which one is current is unknown; restore the file, whose second line names it")
        }
        for directory in [path + "/data", path + "/data/1"] where mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw .cannotOpen(directory, errorNumber: errno)
        }
        return "data/1"
    }

    /// Brings the names of the environment's files to the disk, from the inside out.
    func synchronizeNames(of environment: String) throws(StorageError) {
        for directory in [path + "/" + environment, path + "/data", path, path + "/.."] {
            guard try FileDescriptor(opening: directory, O_RDONLY | O_DIRECTORY).synchronize() else {
                throw StorageError(
                    .inputOutput, "\(directory) cannot be brought to the disk: \(words(forErrorNumber: errno))")
            }
        }
    }

    private static func absolute(_ path: String) throws(StorageError) -> String {
        guard let resolved = realpath(path, nil) else { throw .cannotOpen(path, errorNumber: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// JavaScript's stores are RocksDB databases; writing beside one would only confuse both.
    private func refuseForeignStore() throws(StorageError) {
        for candidate in [path, path + "/db"] {
            let names = try Self.names(in: candidate)
            let isRocksDB = names.contains { $0.hasPrefix("MANIFEST-") || $0.hasSuffix(".sst") }
            guard !isRocksDB else {
                throw StorageError(
                    .corrupt,
                    "\(candidate) holds a store of the JavaScript Corestore (RocksDB), which cannot be opened here; "
                        + "choose another directory and replicate")
            }
        }
    }

    /// The names in a directory; none where it is missing.
    static func names(in directory: String) throws(StorageError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw .cannotOpen(directory, errorNumber: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
