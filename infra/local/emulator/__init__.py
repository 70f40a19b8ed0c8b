"""The local AWS: moto in one process, extended by what lastgood needs and moto lacks.

Every module holds one concern and says which AWS document it follows.
"""
