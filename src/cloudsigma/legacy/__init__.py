"""What stands behind the old import paths ``cloudsigma.resource`` and ``cloudsigma.generic``: thin, on the new core.

New programs use ``cloudsigma.CloudSigma``. Differences to the old library are listed in the documentation.
"""
