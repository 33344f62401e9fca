// Cameras and microphones, and what to say when there is none to be had.

const WORDS = {
  NotAllowedError: "The browser did not allow the camera. Allow it in the address bar, then start again.",
  NotFoundError: "There is no camera here. Plug one in, then start again.",
  NotReadableError: "The camera is in use by another program. Close that one, then start again.",
  OverconstrainedError: "The camera cannot do this size. Choose another one under Source.",
};

export function words(error) {
  return WORDS[error.name] ?? `The camera cannot be opened: ${error.message}`;
}

export async function open({ camera, microphone, size }) {
  if (!navigator.mediaDevices) {
    throw Object.assign(new Error("this page needs https:// to use the camera"), { name: "Insecure" });
  }
  const [width, height] = size.split("x").map(Number);
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30, max: 30 } };
  if (camera) video.deviceId = { exact: camera };
  const audio = microphone === "none" ? false : microphone ? { deviceId: { exact: microphone } } : true;
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio });
  } catch (error) {
    // A camera without a microphone is still a camera.
    if (!audio || error.name !== "NotFoundError") throw error;
    return navigator.mediaDevices.getUserMedia({ video });
  }
}

export async function list(cameras, microphones) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  fill(cameras, devices, "videoinput");
  fill(microphones, devices, "audioinput");
}

function fill(select, devices, kind) {
  const kept = select.value;
  const fixed = [...select.options].filter((option) => !option.dataset.device);
  const found = devices
    .filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default")
    .map((device, index) => {
      const option = new Option(device.label || `${index + 1}`, device.deviceId);
      option.dataset.device = "yes";
      return option;
    });
  select.replaceChildren(...fixed, ...found);
  select.value = [...select.options].some((option) => option.value === kept) ? kept : "";
}
