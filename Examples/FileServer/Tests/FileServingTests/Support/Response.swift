/// A response as it came over the wire.
struct Response {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    static let missing = Response(status: 0, fields: [:], body: [])

    /// The responses to requests of one connection. One to HEAD, or that breaks off, has to be the last.
    static func all(in bytes: [UInt8]) throws -> [Response] {
        var rest = bytes[...]
        var responses: [Response] = []
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let pairs = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (parts[0].lowercased(), parts[1].drop { $0 == " " })
            }
            let fields = Dictionary(uniqueKeysWithValues: pairs.map { ($0.0, String($0.1)) })
            let length = fields["content-length"].flatMap { Int($0) } ?? 0
            rest = rest[end.upperBound...]
            let status = lines[0].split(separator: " ")[1]
            responses.append(Response(status: Int(status) ?? 0, fields: fields, body: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return responses
    }
}
