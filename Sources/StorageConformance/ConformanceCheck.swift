public import StorageEngine

/// One rule that every storage engine keeps, and how to find out whether one does.
///
/// Backend authors run them all, from whatever test framework they use:
///
/// ```swift
/// @Test(arguments: ConformanceCheck.all)
/// func conforms(check: ConformanceCheck) async throws {
///     let directory = try newDirectory()
///     try await check.run { tables in try MyEngine(directory, tables) }
/// }
/// ```
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// The rule, as a sentence.
    public let name: String
    private let needsPersistence: Bool
    private let body: @Sendable (EngineUnderTest) async throws -> Void

    init(
        _ name: String, needsPersistence: Bool = false,
        _ body: @escaping @Sendable (EngineUnderTest) async throws -> Void
    ) {
        self.name = name
        self.needsPersistence = needsPersistence
        self.body = body
    }

    /// The rule, as a sentence.
    public var description: String { name }

    /// Every rule.
    public static let all: [ConformanceCheck] =
        readingChecks + transactionChecks + limitChecks + compressionChecks + measuringChecks
        + groupChecks + sealChecks + lifecycleChecks + modelChecks

    /// Checks the rule, and closes the engine afterwards.
    ///
    /// - Parameters:
    ///   - isPersistent: whether a closed engine that is opened again has its records. Rules about that hold for no
    ///     other, and are passed over.
    ///   - open: opens the engine with these tables: empty the first time, and then again, after it was closed.
    /// - Throws: ``ConformanceFailure`` where the engine breaks the rule, or what the engine throws.
    public func run(
        isPersistent: Bool = true, open: @escaping @Sendable ([Table]) throws -> any StorageEngine
    ) async throws {
        if needsPersistence, !isPersistent { return }
        let engine = try EngineUnderTest(open)
        do {
            try await body(engine)
            try engine.close()
        } catch {
            try? engine.close()
            throw ConformanceFailure("\(name): \(error)")
        }
    }
}

/// How an engine breaks a rule.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// The rule, and what happened instead.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
