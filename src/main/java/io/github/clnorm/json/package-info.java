/** A strict reader of JSON: the library itself needs no more, and brings no dependency for it. */
package io.github.clnorm.json;
