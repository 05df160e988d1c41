// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// What carriers have brought and still keep.
extension Carriage {
  /// An envelope that a carrier keeps until it is settled.
  struct Arrival: Equatable {
    var carrier: Int
    /// The carrier's name for it, until the carrier stops.
    var id: [UInt8]
  }

  /// A message that an application has. Without arrivals the carriers that brought it have stopped: it stays, so that what
  /// they offer when they begin anew is known.
  struct Delivery {
    var arrivals: [Arrival]
    var deadline: UInt64
    var lifetime: UInt64
  }

  /// What is said once the window is on disk.
  struct Settlement {
    var arrivals: [Arrival]
    var receipt: (peer: NodeID, id: Envelope.ID, lifetime: UInt64)?
  }

  /// A message of which its sender is to hear, with what carriers keep until the receipt is on its way.
  struct Receipt {
    var id: Envelope.ID
    var arrivals: [Arrival]
    /// How often no carrier had room for it.
    var refusals = 0
  }

  /// A carrier has stopped, and its names mean nothing any more: it offers again what it keeps.
  func forgetArrivals(of carrier: Int) {
    func forget(_ arrivals: inout [Arrival]) { arrivals.removeAll { $0.carrier == carrier } }
    for reference in deliveries.keys { forget(&deliveries[reference]!.arrivals) }
    for index in unsavedSettlements.indices { forget(&unsavedSettlements[index].arrivals) }
    if var saving = savingSettlements {
      for index in saving.indices { forget(&saving[index].arrivals) }
      savingSettlements = saving
    }
    for (peer, var one) in receipts {
      for index in one.waiting.indices { forget(&one.waiting[index].arrivals) }
      receipts[peer] = one
    }
    for (token, var one) in receiptsUnderWay {
      for index in one.receipts.indices { forget(&one.receipts[index].arrivals) }
      receiptsUnderWay[token] = one
    }
  }
}
