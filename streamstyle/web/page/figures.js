// How the call is doing, once a second: what the browser counts and what the server tells.

function mean(now, before, total, count) {
  const items = now[count] - (before?.[count] ?? 0);
  return items > 0 ? (now[total] - (before?.[total] ?? 0)) / items : 0;
}

export class Figures {
  constructor(peer, show) {
    this.server = null;
    this.timer = setInterval(() => this.look(peer).then((reading) => reading && show(reading)), 1000);
  }

  async look(peer) {
    const found = {};
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "video") found.inbound = entry;
      if (entry.type === "outbound-rtp" && entry.kind === "video") found.outbound = entry;
      if (entry.type === "candidate-pair" && entry.nominated) found.pair = entry;
    }
    const { inbound, outbound, pair } = found;
    if (!inbound?.frameWidth) return null;
    const before = this.before ?? {};
    this.before = found;
    const received = inbound.packetsReceived - (before.inbound?.packetsReceived ?? 0);
    const lost = inbound.packetsLost - (before.inbound?.packetsLost ?? 0);
    const waited = mean(inbound, before.inbound, "totalProcessingDelay", "framesDecoded");
    const encoded = outbound ? mean(outbound, before.outbound, "totalEncodeTime", "framesEncoded") : 0;
    const held = outbound ? mean(outbound, before.outbound, "totalPacketSendDelay", "packetsSent") : 0;
    const travel = pair?.currentRoundTripTime ?? 0;
    return {
      rate: inbound.framesPerSecond ?? 0,
      // Encoding, both ways, the server, and what the picture waits for here; the camera's own delay is not known.
      age: this.server ? Math.round(1000 * (encoded + held + travel + waited) + this.server.age) : null,
      size: `${inbound.frameWidth}×${inbound.frameHeight}`,
      loss: received + lost > 0 ? Math.max(0, lost) / (received + lost) : 0,
    };
  }

  stop() {
    clearInterval(this.timer);
  }
}
