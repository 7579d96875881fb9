import Foundation

/// A terminal that a command may be run at, and the person in front of it.
final class Terminal: Sendable {
    private let person: FileHandle
    /// What a command takes as its standard input.
    let input: FileHandle

    init() throws {
        let number = posix_openpt(O_RDWR | O_NOCTTY)
        guard number >= 0, grantpt(number) == 0, unlockpt(number) == 0, let name = ptsname(number) else {
            throw CocoaError(.fileReadUnknown)
        }
        person = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        let device = open(String(cString: name), O_RDWR | O_NOCTTY)
        guard device >= 0 else { throw CocoaError(.fileReadUnknown) }
        input = FileHandle(fileDescriptor: device, closeOnDealloc: true)
    }

    /// Types a line; it is read when a command gets to it.
    func type(_ line: String) throws {
        try person.write(contentsOf: Data((line + "\n").utf8))
    }
}
