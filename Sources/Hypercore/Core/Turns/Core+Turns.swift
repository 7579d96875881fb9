import HypercoreStorage
import StorageEngine
import Synchronization

/// What has to be done, once the core's lock was released, for those whose turn has come.
struct ServedTurns {
    var turns: [(TurnTicket, TurnTicket.Turn)] = []
    var startsSigning = false

    mutating func add(_ tickets: [TurnTicket], _ turn: TurnTicket.Turn) {
        for ticket in tickets { turns.append((ticket, turn)) }
    }

    func carryOut(on core: Core) {
        for (ticket, turn) in turns { ticket.settle(turn) }
        if startsSigning { Task { await core.signBatches() } }
    }
}

// MARK: - Moving the head

extension Core {
    /// Makes a change that moves the head, and waits for its commit.
    ///
    /// The head that it builds on may belong to a commit that is still under way, or to a place that it was promised in
    /// line: should that come to nothing, it is made again on what is there then.
    ///
    /// - Parameter session: whose change it is; closing that session takes it out of the line.
    func move(_ change: HeadChange, of session: WaitScope) async throws -> Hypercore.AppendResult {
        do {
            let writer = try requireWriter()
            while true {
                // Not kept in a variable: what joins the line of a signer gives its room back before it waits.
                let arrival = try arrive(
                    change, room: try await writer.room(for: change.byteCount), of: session, through: writer)
                switch try await turn(of: change, arrival) {
                case .staged(let result, let commit):
                    if try await isCommitted(commit, through: writer) { return result }
                case .again: continue
                case .failed(let error): throw error
                }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Takes the changes of a session that was closed out of the line.
    func leaveLine(_ session: WaitScope) {
        serving { state, served in
            let leaving = state.line.remove { $0.session == ObjectIdentifier(session) }
            served.add(leaving, .failed(HypercoreError(.closed, key: key, "the session was closed")))
        }
    }
}

// MARK: - Waiting for a turn

extension Core {
    private enum Arrival {
        /// Nobody was ahead.
        case staged(Hypercore.AppendResult, CommitTicket)
        case inLine(TurnTicket, LogPlace)
    }

    /// Stages a change at once where nothing is in its way, or lets it join the line.
    private func arrive(
        _ change: HeadChange, room: GroupWriter.Room, of session: WaitScope, through writer: GroupWriter
    ) throws -> Arrival {
        try serving { state, _ in
            try requireChangeable(state)
            if case .append(let count) = change.step {
                try requireSigner(state, appending: count, to: state.staged.length)
            } else {
                try requireSigner(state)
            }
            if case .anywhere(let edit) = change.making, state.remoteSigner == nil, state.line.isEmpty {
                let (result, commit) = try stage(edit, in: &state, room: room, through: writer)
                return .staged(result, commit)
            }
            let (ticket, place) = state.line.join(
                change, room: state.remoteSigner == nil ? room : nil, session: ObjectIdentifier(session))
            return .inLine(ticket, place)
        }
    }

    /// Prepares a change that is in line, and waits for its turn.
    private func turn(of change: HeadChange, _ arrival: Arrival) async throws -> TurnTicket.Turn {
        switch arrival {
        case .staged(let result, let commit): return .staged(result, commit)
        case .inLine(let ticket, let place):
            do {
                if case .atPlace(let prepare) = change.making {
                    let edit = try prepare(place)
                    serving { state, _ in state.line.prepared(ticket, edit) }
                }
            } catch {
                leaveLine(ticket, because: error)
                throw error
            }
            return await withTaskCancellationHandler {
                await ticket.wait()
            } onCancel: {
                leaveLine(ticket, because: CancellationError())
            }
        }
    }

    /// Takes one change out of the line. One that was handed to the signer, or has had its turn, is there no longer, and
    /// happens.
    private func leaveLine(_ ticket: TurnTicket, because error: any Error) {
        serving { state, served in
            served.add(state.line.remove { $0.ticket === ticket }, .failed(error))
        }
    }
}

// MARK: - Serving the line

extension Core {
    /// Does something to the line under the lock, and lets those have their turn who then can. They hear of it after the
    /// lock is released.
    func serving<Value: Sendable>(
        _ body: (inout CoreState, inout ServedTurns) throws -> Value
    ) rethrows -> Value {
        var served = ServedTurns()
        let value = try state.withLock { state in
            realign(&state, &served)
            let value = try body(&state, &served)
            serve(&state, &served)
            return value
        }
        served.carryOut(on: self)
        return value
    }

    private func serve(_ state: inout CoreState, _ served: inout ServedTurns) {
        realign(&state, &served)
        guard let writer else { return }
        guard state.remoteSigner == nil else {
            if !state.line.isSigning, state.line.isReady {
                state.line.isSigning = true
                served.startsSigning = true
            }
            return
        }
        while let entry = state.line.popReady() {
            guard let edit = entry.edit else { continue }
            do {
                let (result, commit) = try stage(edit, in: &state, room: entry.room, through: writer)
                served.add([entry.ticket], .staged(result, commit))
            } catch {
                served.add([entry.ticket], .failed(error))
            }
            realign(&state, &served)
        }
    }

    /// Sends those away, to prepare again, whose promised place is no longer right.
    private func realign(_ state: inout CoreState, _ served: inout ServedTurns) {
        served.add(state.line.realign(on: state.line.batch?.end ?? LogPlace(state.staged)), .again)
    }

    /// Makes a change on the staged head, under a key in memory, and queues it.
    private func stage(
        _ edit: HeadChange.Edit, in state: inout CoreState, room: GroupWriter.Room?, through writer: GroupWriter
    ) throws -> (Hypercore.AppendResult, CommitTicket) {
        try requireChangeable(state)
        var draft = CoreDraft(on: state.staged)
        try edit(&draft, state)
        let result = Hypercore.AppendResult(draft.head)
        return (result, try enqueue(draft, in: &state, room: room, through: writer))
    }
}
