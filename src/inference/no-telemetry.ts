/**
 * onnxruntime-node from 1.30 on keeps a device's id and a list of events below the home folder, to be sent to its
 * makers, unless the process says no before the library is loaded. Threads read the environment of the process, which
 * only its first thread can change: whoever starts threads imports this.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
