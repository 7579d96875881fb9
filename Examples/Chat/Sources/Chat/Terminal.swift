import Foundation

/// The terminal, or the pipes in its place.
enum Terminal {
    /// Prints a line at once, which `print` does not where it writes to a pipe.
    static func print(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// What is typed, line by line, to the end of the input. To be asked for once.
    static func lines() -> AsyncStream<String> {
        AsyncStream { lines in
            // A thread of its own, for reading from a terminal holds one up.
            Thread.detachNewThread {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }
}
