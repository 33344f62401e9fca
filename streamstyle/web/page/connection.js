// One WebRTC connection by one request: WHIP's way of doing it, for the page and for watchers alike.

import { ask, checked } from "./access.js";

const GATHERING = 1500;

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHERING);
    look();
  });
}

// Pictures are shown as they come: a buffer would only make them older.
export function prompt(receiver) {
  if (receiver.track.kind !== "video") return;
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}

export async function connect(peer, path) {
  await peer.setLocalDescription();
  await gathered(peer);
  const response = await checked(path, {
    method: "POST",
    headers: { "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  const session = response.headers.get("Location");
  await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
  peer.getReceivers().forEach(prompt);
  return { room: response.headers.get("X-Room"), leave: () => leave(session) };
}

function leave(session) {
  return ask(session, { method: "DELETE", keepalive: true }).catch(() => {});
}
