public import Manifest

/// How a session on a store differs from the one that it is opened from; what is `nil` or not said is as there.
///
/// ```swift
/// let archive = store.namespace("archive", options: StoreSessionOptions(isActive: false))
/// ```
public struct StoreSessionOptions: Sendable {
    /// Whether the logs that are opened through the session are wanted (`SessionOptions.isActive`), unless their own
    /// options say that they are not.
    public var isActive: Bool?
    /// Whether all logs are opened read-only through the session. What is opened from a read-only session is read-only, too.
    public var isReadOnly: Bool
    /// The version of the manifests that logs of names and key pairs are made with.
    public var manifestVersion: CoreManifest.Version?

    /// The options; by default those of the session that the new one is opened from.
    public init(
        isActive: Bool? = nil, isReadOnly: Bool = false, manifestVersion: CoreManifest.Version? = nil
    ) {
        self.isActive = isActive
        self.isReadOnly = isReadOnly
        self.manifestVersion = manifestVersion
    }
}

/// How the logs of one store session are opened.
struct StoreSessionSettings: Sendable {
    var isActive: Bool
    var isReadOnly: Bool
    var manifestVersion: CoreManifest.Version

    init(_ options: CorestoreOptions) {
        isActive = options.isActive
        isReadOnly = options.readOnly || !options.isWritable
        manifestVersion = options.manifestVersion
    }

    /// The settings of a session that is opened from one with these.
    func with(_ options: StoreSessionOptions) -> StoreSessionSettings {
        var settings = self
        settings.isActive = options.isActive ?? isActive
        settings.isReadOnly = isReadOnly || options.isReadOnly
        settings.manifestVersion = options.manifestVersion ?? manifestVersion
        return settings
    }
}
