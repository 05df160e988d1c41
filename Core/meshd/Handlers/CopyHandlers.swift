// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode

/// The methods `copy.*`.
func registerCopy(on server: ControlServer, node: Node) {}
