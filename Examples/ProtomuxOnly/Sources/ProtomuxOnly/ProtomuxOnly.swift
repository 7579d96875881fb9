/// Two ends in memory exchange messages on a channel. The multiplexer does no I/O: here frames are handed over by hand,
/// elsewhere a stream of messages carries them, a WebSocket for example.
@main
struct ProtomuxOnly {
    static func main() throws {
        var alice = End()
        var bob = End()
        try alice.open("greetings", as: "Alice")
        try alice.say("hello, Bob")
        try bob.open("greetings", as: "Bob")
        try bob.say("hello, Alice")

        for frame in alice.frames() { try bob.receive(frame) }
        for frame in bob.frames() { try alice.receive(frame) }

        print("Alice heard:", alice.heard.joined(separator: "; "))
        print("Bob heard:", bob.heard.joined(separator: "; "))
    }
}
