public import Crypto
public import Hypercore
import HypercoreStorage
public import Manifest

extension Corestore {
    /// Opens the core of `name`, and makes it where there is none. This store can write to it.
    ///
    /// Once made, a name keeps its core.
    ///
    /// - Throws: as ``get(_:options:)``.
    public func get(name: String, options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try await get(.name(name), options: options)
    }

    /// Opens the core of a name that is any bytes; see ``get(name:options:)-(String,_)``.
    public func get(name: [UInt8], options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try await get(.name(name), options: options)
    }

    /// Opens the core of `key`, and prepares to read it from peers where nothing of it is stored.
    ///
    /// - Throws: as ``get(_:options:)``.
    public func get(key: CoreKey, options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try await get(.key(key), options: options)
    }

    /// Opens the core of a key as text: z-base-32, hexadecimal, or a `pear://` link.
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument` for what is none of these; as ``get(_:options:)``.
    public func get(key: String, options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try await get(.key(key), options: options)
    }

    /// Opens the core of a key as 32 bytes.
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument` for any other number of bytes; as ``get(_:options:)``.
    public func get(key: [UInt8], options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try await get(.key(key), options: options)
    }

    /// Opens the core of `manifest`, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - manifest: who may sign the core, which settles its key.
    ///   - signer: what signs it, whose key the store need not hold and which may take its time; see
    ///     ``CoreReference/signed(by:)-(AsyncSigner)``. Without one it can be read, and changed with a given signature.
    ///   - options: how the session is opened.
    /// - Throws: as ``get(_:options:)``.
    public func get(
        manifest: CoreManifest, signer: (any AsyncSigner)? = nil, options: SessionOptions = SessionOptions()
    ) async throws -> Hypercore {
        let reference = CoreReference.manifest(manifest)
        return try await get(signer.map { reference.signed(by: $0) } ?? reference, options: options)
    }

    /// Opens the core that `keyPair` signs, and makes it where there is none. The store keeps the key pair's seed.
    ///
    /// - Throws: as ``get(_:options:)``.
    public func get(
        keyPair: KeyPair, isCompat: Bool = false, options: SessionOptions = SessionOptions()
    ) async throws -> Hypercore {
        try await get(.keyPair(keyPair, isCompat: isCompat), options: options)
    }

    /// Opens the stored core of `discoveryKey`.
    ///
    /// - Throws: as ``get(_:options:)``.
    public func get(
        discoveryKey: DiscoveryKey, options: SessionOptions = SessionOptions()
    ) async throws -> Hypercore {
        try await get(.discoveryKey(discoveryKey), options: options)
    }

    /// Opens a core whose blocks stand for values.
    ///
    /// ```swift
    /// let orders = try await store.get(.name("orders"), as: .json(Order.self))
    /// ```
    ///
    /// - Throws: as ``get(_:options:)``.
    public func get<Codec: BlockCodec>(
        _ core: CoreReference, as codec: Codec, options: SessionOptions = SessionOptions()
    ) async throws -> TypedHypercore<Codec> {
        try await get(core, options: options).typed(as: codec)
    }

    /// Opens a core, and makes it where there is none, unless the options say otherwise or it is known by its discovery key
    /// alone. A manifest, key pair or name that the store does not know of the core yet is stored.
    ///
    /// - Throws: ``CorestoreError``: `.notFound` where nothing is stored and nothing was to be made, also in a read-only
    ///   store; `.closed`. `HypercoreError`: `.notWritable` for overwriting or forcing through a read-only session; `.invalidManifest` for a manifest that is not that of the key, or that does not
    ///   declare the signer; `.anotherCore` where the name leads to another core, or the core has another name; `.inUse` for
    ///   overwriting a core that is open; `.notWritable` for overwriting in a read-only store; `.damaged`, `.storage`.
    public func get(_ core: CoreReference, options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try requireOpen()
        try await root.registry.waitUntilReadable()
        let place = try place(of: core)
        guard
            let session = try await root.registry.session(
                place.discoveryKey, creating: place.identity, options: try adapted(options), signer: core.signer,
                in: scope)
        else {
            throw CorestoreError(.notFound, place.missing)
        }
        return session
    }

    /// The options of a session on a log, as this store session has it.
    private func adapted(_ options: SessionOptions) throws -> SessionOptions {
        var options = options
        options.isActive = options.isActive && isActive
        options.isReadOnly = options.isReadOnly || isReadOnly
        if root.isReadOnly { options.createIfMissing = false }
        guard !isReadOnly || !options.overwrite && !options.force else {
            throw HypercoreError(
                .notWritable, key: nil,
                "a log is not begun anew, and none is removed, through a read-only store session")
        }
        return options
    }
}

// MARK: - Where a core is

extension Corestore {
    /// Where a core is looked for.
    private struct Place {
        let discoveryKey: DiscoveryKey
        /// Who the core is; `nil` where only what is stored can be opened.
        var identity: CoreIdentity?
        /// What is said where nothing is found.
        let missing: String
    }

    private func place(of core: CoreReference) throws -> Place {
        let alias = core.name.map { Alias(namespace: namespace, name: $0) }
        if let (key, manifest) = core.described(in: manifestVersion) {
            guard core.discoveryKey == nil || core.discoveryKey == key.discoveryKey else {
                throw HypercoreError(.invalidManifest, key: key, "the key has another discovery key than the given one")
            }
            let identity = CoreIdentity(
                key: key, manifest: manifest?.encoded, seed: core.keyPair?.seed, alias: alias,
                derivesKeyPair: core.publicKey == nil && declares(manifest, alias))
            return Place(
                discoveryKey: key.discoveryKey, identity: identity,
                missing: "nothing of the core \(key) is in this store")
        }
        if let discoveryKey = core.discoveryKey {
            return try place(
                storedUnder: discoveryKey, core, alias, "no core with discovery key \(discoveryKey) is in this store")
        }
        guard let alias else { preconditionFailure("a reference names a core in some way") }
        if let discoveryKey = try root.resolve(alias) {
            return try place(
                storedUnder: discoveryKey, core, nil, "the core of this name is missing from the store")
        }
        return place(ofNew: alias, core)
    }

    /// Whether a manifest that is given with a name declares the key pair that the name gives.
    private func declares(_ manifest: CoreManifest?, _ alias: Alias?) -> Bool {
        guard let manifest, let alias else { return false }
        let publicKey = root.keys.keyPair(name: alias.name, namespace: alias.namespace).publicKey
        return manifest.signers.contains { $0.publicKey == publicKey }
    }

    /// The place of a core that is there already. A key pair or name that is given for it is stored with it.
    private func place(
        storedUnder discoveryKey: DiscoveryKey, _ core: CoreReference, _ alias: Alias?, _ missing: String
    ) throws -> Place {
        var place = Place(discoveryKey: discoveryKey, missing: missing)
        guard core.keyPair != nil || alias != nil, let key = try root.key(of: discoveryKey) else { return place }
        place.identity = CoreIdentity(key: key, seed: core.keyPair?.seed, alias: alias, derivesKeyPair: false)
        return place
    }

    /// The place of a core that a name is to lead to from now on: the store's own, unless it is said who signs it.
    private func place(ofNew alias: Alias, _ core: CoreReference) -> Place {
        let publicKey = core.publicKey ?? root.namedKeyPairs.derive(forNew: alias).publicKey
        let manifest = CoreManifest(singleSigner: publicKey, version: manifestVersion)
        let key = manifest.key
        return Place(
            discoveryKey: key.discoveryKey,
            identity: CoreIdentity(
                key: key, manifest: manifest.encoded, seed: core.keyPair?.seed, alias: alias,
                derivesKeyPair: core.publicKey == nil),
            missing: "no core is named \"\(String(decoding: alias.name, as: UTF8.self))\" in this store")
    }
}
