/// A file or directory, by the number that its file system gave it.
public struct Inode: Hashable, Sendable, Comparable {
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }

    public static func < (left: Inode, right: Inode) -> Bool { left.number < right.number }
}

/// One thing that a process did to the files below a directory, or told meanwhile. The order of events is that of the
/// calls.
public enum DiskEvent: Sendable {
    /// The directory that is watched; the first event of a record.
    case root(Inode)
    /// Everything before this was there, on the disk, when the process began.
    case begins
    /// A file or directory was made.
    case named(in: Inode, String, Inode, isDirectory: Bool)
    case unnamed(in: Inode, String)
    /// A name was replaced by another, in one step.
    case renamed(from: Inode, String, to: Inode, String, Inode)
    case written(Inode, offset: Int, ArraySlice<UInt8>)
    case lengthSet(Inode, Int)
    /// What happened to the inode before this is on the disk when the sync has ended.
    case syncBegun(Inode, isDataOnly: Bool)
    case syncEnded(Inode, isDataOnly: Bool)
    /// The write before this is on the disk: it went to a file that was opened so that writes wait.
    case writeSynced(Inode, offset: Int, length: Int)
    /// The process told something: a line, or several.
    case mark(String)
}
