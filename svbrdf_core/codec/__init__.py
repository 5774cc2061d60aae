"""The codec between frozen dataclasses and JSON: types, bounds, defaults and files, by the fields' own descriptions.

Standard library only, so that a process that neither decodes images nor computes can use it.
"""

from svbrdf_core.codec.decoding import decode
from svbrdf_core.codec.encoding import changed_fields, encode
from svbrdf_core.codec.fields import FieldSpec, dataclass_in, fields_of, option
from svbrdf_core.codec.files import LOCAL, Files, HttpFiles, InputFile, LocalFiles, OutputFile, input_files
from svbrdf_core.codec.text import setting_from_text, value_from_text

__all__ = [
    "LOCAL",
    "FieldSpec",
    "Files",
    "HttpFiles",
    "InputFile",
    "LocalFiles",
    "OutputFile",
    "changed_fields",
    "dataclass_in",
    "decode",
    "encode",
    "fields_of",
    "input_files",
    "option",
    "setting_from_text",
    "value_from_text",
]
