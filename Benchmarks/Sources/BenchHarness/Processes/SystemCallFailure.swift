#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A call into the system failed.
public struct SystemCallFailure: Error, CustomStringConvertible {
    /// The call's name.
    public let call: String
    /// Its `errno`.
    public let number: Int32

    /// Describes the failure of `call`, by `errno` unless `number` is given.
    public init(_ call: String, number: Int32? = nil) {
        self.call = call
        self.number = number ?? errno
    }

    public var description: String { "\(call): \(String(cString: strerror(number)))" }
}
