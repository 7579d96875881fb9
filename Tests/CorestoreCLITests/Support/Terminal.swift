import Foundation

/// A terminal that a command may be run at, and the person in front of it.
final class Terminal: Sendable {
    private let person: FileHandle
    /// What a command takes as its standard input.
    let input: FileHandle

    init() throws {
        var (outside, inside): (CInt, CInt) = (-1, -1)
        guard openpty(&outside, &inside, nil, nil, nil) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        person = FileHandle(fileDescriptor: outside, closeOnDealloc: true)
        input = FileHandle(fileDescriptor: inside, closeOnDealloc: true)
    }

    /// Types a line; it is read when a command gets to it.
    func type(_ line: String) throws {
        try person.write(contentsOf: Data((line + "\n").utf8))
    }
}
