import FileServing
import Hypercore
import Testing

@Suite("A served log")
struct AnsweringTests {
    @Test("is sent whole, decrypted")
    func whole() async throws {
        try await ServedFile.with { file in
            let response = try await file.get()
            #expect(response.status == 200)
            #expect(response.body == file.contents)
            #expect(response.fields["accept-ranges"] == "bytes")
            #expect(response.fields["content-length"] == "10500")
        }
    }

    @Test(
        "is sent in parts, across and within blocks",
        arguments: [(0, 1), (0, 10_499), (999, 1000), (1000, 1999), (1234, 1240), (2500, 7777), (10_499, 10_499)])
    func part(first: Int, last: Int) async throws {
        try await ServedFile.with { file in
            let response = try await file.get("range: bytes=\(first)-\(last)")
            #expect(response.status == 206)
            #expect(response.body == Array(file.contents[first...last]))
            #expect(response.fields["content-range"] == "bytes \(first)-\(last)/10500")
            #expect(response.fields["content-length"] == "\(last - first + 1)")
        }
    }

    @Test("refuses a range that it has nothing of, and says how long it is")
    func unsatisfiable() async throws {
        try await ServedFile.with { file in
            let response = try await file.get("range: bytes=10500-")
            #expect(response.status == 416)
            #expect(response.fields["content-range"] == "bytes */10500")
            #expect(response.body.isEmpty)
        }
    }

    @Test("is sent whole where several ranges are asked for")
    func severalRanges() async throws {
        try await ServedFile.with { file in
            let responses = try await [
                file.get("range: bytes=0-1,4-5"), file.get("range: bytes=0-1", "range: bytes=4-5"),
            ]
            #expect(responses.map(\.status) == [200, 200])
        }
    }

    @Test("tells a HEAD how long it is, and sends nothing")
    func head() async throws {
        try await ServedFile.with { file in
            let response = try await file.request("HEAD", ["range: bytes=0-1"])
            #expect(response.status == 200)
            #expect(response.fields["content-length"] == "10500")
            #expect(response.body.isEmpty)
        }
    }

    @Test("is sent in part to a client that has a part of the same contents, and else whole")
    func ifRange() async throws {
        try await ServedFile.with { file in
            let tag = try #require(try await file.get().fields["etag"])
            #expect(try await file.get("range: bytes=0-1", "if-range: \(tag)").status == 206)
            #expect(try await file.get("range: bytes=0-1", "if-range: W/\(tag)").status == 200)
            #expect(try await file.get("range: bytes=0-1", "if-range: Sat, 21 Nov 2026 00:00:00 GMT").status == 200)
            try await file.log.append([1, 2, 3])
            let response = try await file.get("range: bytes=0-1", "if-range: \(tag)")
            #expect(response.status == 200)
            #expect(response.body == file.contents + [1, 2, 3])
        }
    }

    @Test("is not sent again to a client that has it")
    func notModified() async throws {
        try await ServedFile.with { file in
            let tag = try #require(try await file.get().fields["etag"])
            for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let response = try await file.get("if-none-match: \(condition)")
                #expect(response.status == 304)
                #expect(response.body.isEmpty)
            }
            #expect(try await file.get("if-none-match: \"other\"").status == 200)
        }
    }

    @Test("may be empty")
    func empty() async throws {
        try await ServedFile.with([]) { file in
            let response = try await file.get()
            #expect(response.status == 200)
            #expect(response.fields["content-length"] == "0")
            #expect(try await file.get("range: bytes=0-").status == 416)
        }
    }

    @Test("is alone: other paths are not found, and other methods not allowed")
    func refusals() async throws {
        try await ServedFile.with { file in
            #expect(try await file.request("GET", path: "/other").status == 404)
            #expect(try await file.request("GET", path: "/film?from=1").status == 200)
            let response = try await file.request("DELETE")
            #expect(response.status == 405)
            #expect(response.fields["allow"] == "GET, HEAD")
        }
    }

    @Test("is sent again and again on one connection")
    func keepAlive() async throws {
        try await ServedFile.with { file in
            let again = "GET /film HTTP/1.1\r\nhost: test\r\nrange: bytes=5-9\r\n\r\n"
            let last = "GET /film HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
            let responses = try Response.all(in: try await RawClient.exchange(again + again + last, port: file.port))
            #expect(responses.map(\.status) == [206, 206, 200])
            #expect(responses[1].body == Array(file.contents[5...9]))
            #expect(responses[2].body == file.contents)
        }
    }

    @Test("answers what is no HTTP with 400, and goes on for others")
    func noHTTP() async throws {
        try await ServedFile.with { file in
            let responses = try Response.all(in: try await RawClient.exchange("\u{1}\u{2}\r\n\r\n", port: file.port))
            #expect(responses.first?.status == 400)
            #expect(try await file.get().status == 200)
        }
    }
}
