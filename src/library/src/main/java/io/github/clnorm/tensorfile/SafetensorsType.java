package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The element types of {@code .safetensors} files, named as in the reference implementation. */
enum SafetensorsType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private static final Map<String, SafetensorsType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(Enum::name, Function.identity()));

    private final int bits;

    SafetensorsType(int bits) {
        this.bits = bits;
    }

    /** Returns the type with a name, or null. */
    static SafetensorsType of(String name) {
        return BY_NAME.get(name);
    }

    static SafetensorsType of(ElementType type) {
        return switch (type) {
            case FLOAT16 -> F16;
            case BFLOAT16 -> BF16;
            case FLOAT32 -> F32;
            case FLOAT64 -> F64;
        };
    }

    /** The library's type; null for an unsupported type. */
    ElementType elementType() {
        return switch (this) {
            case F16 -> ElementType.FLOAT16;
            case BF16 -> ElementType.BFLOAT16;
            case F32 -> ElementType.FLOAT32;
            case F64 -> ElementType.FLOAT64;
            default -> null;
        };
    }

    boolean isInteger() {
        return switch (this) {
            case I8, I16, I32, I64, U8, U16, U32, U64 -> true;
            default -> false;
        };
    }

    boolean isSigned() {
        return name().startsWith("I");
    }

    int bits() {
        return bits;
    }

    /** The preferred alignment of an element in bytes. */
    int alignment() {
        return Math.max(bits / 8, 1);
    }
}
