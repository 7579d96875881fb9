import Corestore
import Hypercore

extension SimulatedWorld {
    /// Takes note of something that has to be gone when the run is over.
    @discardableResult
    func note<Object: AnyObject>(_ object: Object, _ name: String) -> Object {
        mortal.append(Mortal(name: name, object: object))
        return object
    }

    /// The connections end, and the stores are closed: a stream and the logs that it carries refer to each other until then.
    /// After that nothing of them is left in memory.
    func end() async throws {
        cutAll()
        for node in nodes { try await node.store.close() }
        (nodes, links, hostile) = ([], [], [])
        // A task that has done its work may be about to let go of something.
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, mortal.contains(where: { $0.object != nil }) { await Task.yield() }
        let left = mortal.filter { $0.object != nil }.map(\.name)
        guard left.isEmpty else { throw violation("left in memory: \(left.joined(separator: ", "))") }
    }
}

/// Something that a run has made, which it does not keep alive.
struct Mortal {
    let name: String
    weak var object: AnyObject?
}
