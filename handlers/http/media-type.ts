const token = "[\\w!#$%&'*+.^`|~-]+";

/** A media type with its parameters, such as `text/plain; charset=utf-8`. */
export const MEDIA_TYPE = new RegExp(
  `^${token}/${token}([ \\t]*;[ \\t]*${token}=(${token}|"([\\t !#-\\[\\]-~]|\\\\[\\t -~])*"))*$`,
);

/** Longest content type, in characters. */
export const MAX_MEDIA_TYPE_LENGTH = 255;
