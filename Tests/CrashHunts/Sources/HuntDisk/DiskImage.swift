/// The files of a disk, by their paths below the watched directory.
public struct DiskImage: Hashable, Sendable {
    /// A file, and what it was on the disk that it is an image of.
    public struct File: Hashable, Sendable {
        public let inode: Inode
        public let bytes: [UInt8]
    }

    /// Parents before their children.
    public internal(set) var directories: [String] = []
    public internal(set) var files: [String: File] = [:]

    public init() {}
}
