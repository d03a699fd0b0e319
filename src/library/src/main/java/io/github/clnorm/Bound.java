package io.github.clnorm;

import java.io.NotSerializableException;

/**
 * What serialization says about objects that belong to an open device. They are {@link java.io.Serializable} only so that
 * they can reject it with a sentence: a framework that serializes closures, such as Spark, shows it to the user.
 */
final class Bound {
    private Bound() {}

    /** The reason why an object is not serialized. */
    static NotSerializableException toDevice(String what, String instead) {
        return new NotSerializableException(what
                + " belongs to an open device of this process and cannot be serialized or sent to another process. "
                + instead);
    }
}
