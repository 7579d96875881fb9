import Testing

@testable import Replication

@Suite struct UploadQueueTests {
    private func request(_ id: UInt64, priority: RequestMessage.Priority = .normal) -> RequestMessage {
        RequestMessage(id: id, fork: 0, priority: priority)
    }

    @Test func thoseWithAPriorityComeFirstEachInOrder() throws {
        var queue = UploadQueue()
        for id in 1...6 as ClosedRange<UInt64> {
            queue.add(request(id, priority: id.isMultiple(of: 2) ? .explicitGet : .normal))
        }
        var order: [UInt64] = []
        while let (ticket, request) = queue.next() {
            order.append(request.id)
            #expect(queue.finish(ticket) == request)
        }
        #expect(order == [2, 4, 6, 1, 3, 5])
        #expect(queue.count == 0)
    }

    @Test func aCancelOrAReusedIdOvertakesTheAnswer() throws {
        var queue = UploadQueue()
        queue.add(request(1))
        queue.add(request(2))
        let first = queue.next()
        let second = queue.next()
        queue.cancel(1)
        queue.add(request(2, priority: .veryHigh))
        let third = queue.next()
        let (cancelled, replaced, answered) = (try #require(first).0, try #require(second).0, try #require(third).0)
        #expect(queue.finish(cancelled) == nil)
        #expect(queue.finish(replaced) == nil, "another request has its id by now")
        #expect(queue.finish(answered)?.priority == .veryHigh)
    }

    @Test func anIdThatCannotBeSentIsIgnored() throws {
        var queue = UploadQueue()
        for id in [.max, .max - 1, 0] as [UInt64] { queue.add(request(id)) }
        queue.cancel(.max)
        #expect(queue.count == 2)
        let first = queue.next()
        #expect(try #require(first).1.id == .max - 1)
    }

    @Test func requestsAndCancelsWithoutEndTakeNoMemory() {
        var queue = UploadQueue()
        for id in 0..<100_000 as Range<UInt64> {
            queue.add(request(id))
            queue.cancel(id)
        }
        #expect(queue.count == 0)
        #expect(queue.waitingTicketCount <= 64)
    }
}
