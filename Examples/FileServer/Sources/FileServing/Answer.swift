import NIOHTTP1

/// What is known of a file before any of it is read.
struct FileDescription {
    /// How long it is.
    let byteCount: UInt64
    /// What tells its contents from all others, as a strong entity tag with its quotation marks.
    let entityTag: String
}

/// What a request is answered with: a head, and which bytes of the file come after it.
struct Answer {
    var head: HTTPResponseHead
    /// Never empty; `nil` where nothing comes.
    var body: Range<UInt64>?

    /// Answers a request for `file`, or for one that there is not.
    init(to request: HTTPRequestHead, for file: FileDescription?) {
        switch (request.method, file) {
        case (.GET, let file?): self = Self.get(request.headers, file)
        case (.HEAD, let file?):
            // A range is defined for GET alone.
            self = Self.isUnchanged(request.headers, file) ? Self.unchanged(file) : Self.whole(file)
            body = nil
        case (_, nil): self = Self.refusal(.notFound)
        case (_, _?): self = Self.refusal(.methodNotAllowed, ["allow": "GET, HEAD"])
        }
        head.version = request.version
        if !request.isKeepAlive { head.headers.add(name: "connection", value: "close") }
    }

    private init(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, body: Range<UInt64>? = nil) {
        head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        self.body = body?.isEmpty == false ? body : nil
    }

    private static func get(_ headers: HTTPHeaders, _ file: FileDescription) -> Answer {
        if isUnchanged(headers, file) { return unchanged(file) }
        guard let range = range(headers, file) else { return whole(file) }
        guard let bytes = range.resolved(in: file.byteCount) else {
            return refusal(.rangeNotSatisfiable, ["content-range": "bytes */\(file.byteCount)"])
        }
        var fields = fields(of: file, byteCount: bytes.upperBound - bytes.lowerBound)
        fields.add(
            name: "content-range", value: "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.byteCount)")
        return Answer(.partialContent, fields, body: bytes)
    }

    private static func whole(_ file: FileDescription) -> Answer {
        Answer(.ok, fields(of: file, byteCount: file.byteCount), body: 0..<file.byteCount)
    }

    private static func unchanged(_ file: FileDescription) -> Answer {
        Answer(.notModified, ["etag": file.entityTag])
    }

    private static func refusal(_ status: HTTPResponseStatus, _ fields: HTTPHeaders = [:]) -> Answer {
        var fields = fields
        fields.add(name: "content-length", value: "0")
        return Answer(status, fields)
    }

    private static func fields(of file: FileDescription, byteCount: UInt64) -> HTTPHeaders {
        [
            "content-length": "\(byteCount)", "content-type": "application/octet-stream", "accept-ranges": "bytes",
            "etag": file.entityTag,
        ]
    }
}

// MARK: - Conditions

extension Answer {
    /// Whether the client has the file already: `If-None-Match` (RFC 9110 §13.1.2), compared weakly.
    private static func isUnchanged(_ headers: HTTPHeaders, _ file: FileDescription) -> Bool {
        headers[canonicalForm: "if-none-match"].contains { tag in
            tag == "*" || tag == file.entityTag || tag == "W/" + file.entityTag
        }
    }

    /// What part of the file is asked for, unless the client has a part of another file: `If-Range` (§13.1.5). We give
    /// no dates, so a date is never ours.
    private static func range(_ headers: HTTPHeaders, _ file: FileDescription) -> RangeRequest? {
        let ranges = headers["range"]
        guard ranges.count == 1, headers["if-range"].allSatisfy({ $0 == file.entityTag }) else { return nil }
        return RangeRequest(header: ranges[0])
    }
}
