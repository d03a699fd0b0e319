package io.github.clnorm.device;

/** What devices do that their type does not tell. */
public final class Quirks {
    private Quirks() {}

    /**
     * Whether a CPU runs work-items side by side in its vector registers and compiles wide vectors badly, so that it is
     * best used like a GPU. Mesa's llvmpipe takes half a minute to compile a kernel with {@code float16}, and half a
     * second with scalars.
     *
     * @param device the device
     * @return true for Mesa's CPU device
     */
    public static boolean prefersWorkItemsToVectors(DeviceInfo device) {
        return device.name().startsWith("llvmpipe");
    }
}
