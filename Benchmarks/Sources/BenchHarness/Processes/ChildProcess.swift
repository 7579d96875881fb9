#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Another process of this program, whose standard output is read line by line.
///
/// The child's standard input is a pipe that nothing is written to: it ends when this process ends, however that comes
/// about, and a child that serves takes that as its sign to leave (``exitWhenStandardInputEnds()``).
public final class ChildProcess {
    private let identifier: pid_t
    private let standardInput: Int32
    private let standardOutput: Int32
    private var unread: [UInt8] = []

    /// Starts this program again with `arguments`. Its standard error is that of this process, and so is its environment,
    /// but for what `environment` sets.
    public init(arguments: [String], environment: [String: String] = [:]) throws {
        let (inputEnd, input) = try Self.makePipe()
        let (output, outputEnd) = try Self.makePipe()
        defer {
            close(inputEnd)
            close(outputEnd)
        }
        identifier = try Self.spawn(
            arguments, environment, standardInput: inputEnd, standardOutput: outputEnd)
        standardInput = input
        standardOutput = output
    }

    /// The next line that the child writes; `nil` at the end.
    public func readLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(standardOutput, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            unread += chunk[..<count]
        }
    }

    /// Ends the child's standard input, waits for it to leave, and throws unless it left well.
    public func finish() throws {
        close(standardInput)
        close(standardOutput)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemCallFailure("waitpid") }
        }
        guard status == 0 else { throw ChildFailure(status: status) }
    }

    /// Makes this process leave, with status 0, when its standard input ends.
    public static func exitWhenStandardInputEnds() {
        _ = PosixThread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 { exit(0) }
                if count < 0, errno != EINTR { exit(1) }
            }
        }
    }

    // MARK: - Spawning

    private static func makePipe() throws -> (readEnd: Int32, writeEnd: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemCallFailure("pipe") }
        // Children get the ends that they are meant to have, and no others: one that inherited a writing end would keep
        // its own standard input open. Nothing else starts processes here meanwhile.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ arguments: [String], _ changes: [String: String], standardInput: Int32, standardOutput: Int32
    ) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO)
        let program = thisProgram
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = environmentWords(with: changes).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var identifier: pid_t = 0
        let status = posix_spawn(&identifier, program, &actions, nil, &words, &variables)
        guard status == 0 else { throw SystemCallFailure("posix_spawn", number: status) }
        return identifier
    }

    /// This process's environment with some variables set.
    private static func environmentWords(with changes: [String: String]) -> [String] {
        let inherited = ProcessInfo.processInfo.environment.merging(changes) { _, new in new }
        return inherited.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// Where this program's file is.
    public static let thisProgram: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        guard count > 0 else { return CommandLine.arguments[0] }
        return String(decoding: path[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()
}

/// A child process ended badly; it has said why on standard error.
public struct ChildFailure: Error, CustomStringConvertible {
    /// The status as `waitpid` gave it.
    public let status: Int32

    public var description: String {
        let signal = status & 0x7f
        return signal != 0
            ? "a measured process was ended by signal \(signal)" : "a measured process exited with \(status >> 8)"
    }
}
