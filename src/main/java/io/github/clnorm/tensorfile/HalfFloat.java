package io.github.clnorm.tensorfile;

/** IEEE 754 binary16. (JDK 20 has Float.float16ToFloat; the library's target is 17.) */
final class HalfFloat {
    private HalfFloat() {}

    /** The value of a half, which a float holds exactly. */
    static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
        }
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | exponent - 15 + 127 << 23 | fraction << 13);
    }
}
