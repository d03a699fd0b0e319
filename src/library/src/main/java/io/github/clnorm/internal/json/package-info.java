/** JSON by Jackson's streaming parser and generator, stricter and with limits for files from untrusted sources. */
package io.github.clnorm.internal.json;
