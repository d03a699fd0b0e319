/** A strict reader of JSON, and a writer: the library itself needs no more, and brings no dependency for it. */
package io.github.clnorm.internal.json;
