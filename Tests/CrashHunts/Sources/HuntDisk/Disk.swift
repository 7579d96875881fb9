/// A disk under a process: follows what the process does to its files, and knows what a power cut would leave of them.
public struct Disk: Sendable {
    private(set) var root: Inode?
    private(set) var files: [Inode: FileOnDisk] = [:]
    private(set) var names = DirectoryNames()
    /// Counts the events.
    private var time = 0
    /// When the syncs began that have not ended, per inode.
    private var syncsUnderWay: [Inode: [Int]] = [:]
    private let ignored: SyncKind?
    /// Whether the process has begun; until then, the record describes what was there.
    private var hasBegun = false

    /// A disk that holds nothing but the watched directory.
    ///
    /// - Parameter ignored: syncs that this disk acknowledges and does not make; to see that a hunt notices.
    public init(ignoring ignored: SyncKind? = nil) {
        self.ignored = ignored
    }
}

/// The syncs that a store makes.
public enum SyncKind: String, Sendable, CaseIterable {
    /// `fdatasync`: the pages of a commit.
    case data = "data-sync"
    /// Writes that wait: the meta page of a commit.
    case meta = "meta-sync"
    /// `fsync` of a directory.
    case directory = "dir-sync"
    /// `fsync` of a file.
    case file = "file-sync"
}

// MARK: - Events

extension Disk {
    /// Takes note of what happened next.
    public mutating func apply(_ event: DiskEvent) {
        time += 1
        switch event {
        case .root(let inode): root = inode
        case .named(let directory, let name, let inode, let isDirectory):
            if !isDirectory { files[inode] = FileOnDisk() }
            change([directory]) { $0[directory, default: [:]][name] = inode }
        case .unnamed(let directory, let name):
            change([directory]) { $0[directory, default: [:]][name] = nil }
        case .renamed(let oldDirectory, let oldName, let directory, let name, let inode):
            change([oldDirectory, directory]) {
                $0[oldDirectory, default: [:]][oldName] = nil
                $0[directory, default: [:]][name] = inode
            }
        case .written(let inode, let offset, let bytes):
            files[inode]?.write(bytes, at: offset, time: time)
        case .lengthSet(let inode, let length):
            files[inode]?.setLength(length, at: time)
        case .syncBegun(let inode, _):
            syncsUnderWay[inode, default: []].append(time)
        case .syncEnded(let inode, let isDataOnly):
            endSync(inode, isDataOnly: isDataOnly)
        case .writeSynced(let inode, let offset, let length):
            if !ignores(.meta) { files[inode]?.sync(offset..<offset + length) }
        case .begins: hasBegun = true
        case .mark: break
        }
    }

    private mutating func change(
        _ directories: Set<Inode>, _ apply: @escaping @Sendable (inout [Inode: [String: Inode]]) -> Void
    ) {
        names.add(DirectoryNames.Change(time: time, directories: directories, apply: apply))
    }

    /// Of several syncs of a file at once, the one that began first is taken to be the one that ends: it promises least.
    private mutating func endSync(_ inode: Inode, isDataOnly: Bool) {
        guard let begun = syncsUnderWay[inode]?.first else { return }
        syncsUnderWay[inode]?.removeFirst()
        let kind: SyncKind = files[inode] == nil ? .directory : isDataOnly ? .data : .file
        guard !ignores(kind) else { return }
        if files[inode] == nil {
            names.sync(inode, upTo: begun)
        } else {
            files[inode]?.sync(upTo: begun)
        }
    }

    private func ignores(_ kind: SyncKind) -> Bool { hasBegun && kind == ignored }
}
