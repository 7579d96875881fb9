/// How long a signer that is not in memory may take for one signature.
public struct SigningDeadline: Sendable {
    /// Returns when the time is over; throws when it is cancelled. `nil` never is.
    let passing: (@Sendable () async throws -> Void)?

    /// A deadline of any kind, for one that a test or a simulation controls.
    ///
    /// - Parameter passing: called for each signature; returns when the time for it is over. It is cancelled when the
    ///   signature came first.
    public init(passing: @escaping @Sendable () async throws -> Void) {
        self.passing = passing
    }

    private init() {
        passing = nil
    }

    /// So long after the signer was asked.
    public static func after(_ duration: Duration) -> SigningDeadline {
        SigningDeadline { try await Task.sleep(for: duration) }
    }

    /// None: for signers that are people. What was handed to such a signer ends with the log at the latest.
    public static let never = SigningDeadline()
}
