"""Entry point: `python main.py` is the same as `volteface`."""

import sys

if __name__ == "__main__":
    from app.command_line import main

    sys.exit(main())
