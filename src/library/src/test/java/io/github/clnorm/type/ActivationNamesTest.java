package io.github.clnorm.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationNamesTest {

    @ParameterizedTest
    @CsvSource({"SiLU,SILU", "silu,SILU", "GELU,GELU", "Gelu,GELU", "relu,RELU", "ReLU,RELU", "None,NONE"})
    void namesMayHaveAnyCase(String name, Activation expected) {
        assertSame(expected, Activation.parse(name));
    }

    @ParameterizedTest
    @EnumSource
    void namesAreThoseOfTheCommandLine(Activation activation) {
        assertSame(activation, Activation.parse(activation.toString()));
        assertEquals(activation.name().toLowerCase(Locale.ROOT), activation.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "swish", " relu", "rel", "RE LU"})
    void otherNamesAreRejectedWithAllThatThereAre(String name) {
        String message = assertThrows(IllegalArgumentException.class, () -> Activation.parse(name))
                .getMessage();
        assertTrue(
                message.startsWith("unknown activation '" + name + "', expected one of none, relu, silu, gelu"),
                message);
    }
}
